"""How a graph is executed: the algebras and the engines over them."""
