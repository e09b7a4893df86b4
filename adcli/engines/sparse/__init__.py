"""Sparse second derivatives: which elements may not be 0, and few products that give them all."""
