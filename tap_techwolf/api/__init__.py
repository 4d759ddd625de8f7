"""TechWolf over HTTP: tokens, requests, retries and pages. It knows nothing of Singer."""
