"""How a model is adapted to a domain: phases, routes, rules and formulae as data, and the planner over them."""
