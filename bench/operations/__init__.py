"""What is measured: one module for each thing people do, with its floor beside it."""
