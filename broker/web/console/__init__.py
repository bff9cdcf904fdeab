"""The console: pages made on the server, one module a desk, over the same services as the API.

docs/console.md says how a desk is built.
"""
