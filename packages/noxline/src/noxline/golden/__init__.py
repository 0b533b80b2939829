"""Golden tests: does the same model give the same outputs, and is a new one no worse?"""
