"""Emergencies: those that are open, how one is opened before anybody has decided, and which points it is for."""
