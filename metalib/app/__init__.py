"""The command line `metalib`, what its commands do, the examination of an installation, and the way into JupyterLab."""
