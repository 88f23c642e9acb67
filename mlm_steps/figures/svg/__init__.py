"""Writing of SVG: text, scales, plots with their marks, and pages of plots. It knows nothing of models.

A figure consists of panels, each a plot that is an ``svg`` element of its own. A page can put them side by
side or below each other, which a single drawing cannot on a narrow screen. Colours are attributes with the
values of ``colours``. The style sheet of the report replaces them by variables, so that the figures follow a
dark scheme; a file by itself is readable without any style sheet.
"""
