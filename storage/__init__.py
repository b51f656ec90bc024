"""Everything that must survive a restart."""

HOUSE = "saraban"  # whose package this is: see saraban/house.py
