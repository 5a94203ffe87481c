"""The dates in what people say, and the days they stand for."""
