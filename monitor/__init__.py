"""The compliance monitor: watches a resolution's targets through the year and warns before one is missed."""
