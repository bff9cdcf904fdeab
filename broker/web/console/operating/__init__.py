"""The desk of who runs the house and keeps the catalogue: sources, lists, reviews, health, jobs, holds."""
