"""One file a source; `harvester.registry` lists them."""
