"""A reference model: is a breast biopsy benign or malignant, from the shapes of its cell nuclei."""

__version__ = "0.1.0"
