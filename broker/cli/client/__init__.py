"""The program as a client of a running server: what a person does goes through the same doors as everybody's."""
