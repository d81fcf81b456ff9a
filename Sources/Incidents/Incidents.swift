// Incidents
