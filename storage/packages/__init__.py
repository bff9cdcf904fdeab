"""Evidence packages as files: a BagIt bag (RFC 8493) in a ZIP, with a detached CMS signature over its tag manifest.

Nothing here knows the database, the network or a setting: bytes in, bytes out. What writes stands beside what checks,
because the checker takes a package apart by the rules of the writer and accepts nothing else.
"""
