"""The desks of center and owners: the evidence of a request beside the verdicts on it."""
