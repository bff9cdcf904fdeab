"""Lists of points as files again: what `catalog_files` reads back changes nothing."""
