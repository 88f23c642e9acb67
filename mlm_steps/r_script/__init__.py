"""Write an analysis as a script of R."""
