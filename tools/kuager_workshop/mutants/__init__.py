"""Mutation testing: whether the tests notice what is changed in vault and rules of evidence."""
