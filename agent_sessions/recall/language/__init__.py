"""The words of a language: cut out, folded, spelt, related, inflected. Knows neither facts nor documents."""
