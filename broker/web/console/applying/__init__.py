"""The desk of the requester: the wizard for a request, one page a step, over a sketch that is kept as it is typed."""
