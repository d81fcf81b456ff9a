// SessionHost: what stands around a session: sources, clock, workers, and the loop that brings their news to it.
// Knows no terminal and no drawing; presenters never import it.
