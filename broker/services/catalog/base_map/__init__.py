"""What lies under the points of the map: tiles of a server in the house, of one file, or nothing."""
