"""Live: pages that stay open learn what moved, over one stream each or by asking now and then."""
