"""The desks of the administrators: departments, people, the policy, the rules, and what the house is set to."""
