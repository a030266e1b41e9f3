"""What is drawn: pictures, static SVG and HTML, plain text; pure."""
