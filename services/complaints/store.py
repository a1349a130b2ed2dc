"""Every query of complaints."""
