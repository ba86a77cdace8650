"""Kernels of the course."""

c = get_config()  # noqa: F821  (IPython puts it there)

c.IPKernelApp.log_level = "ERROR"  # otherwise each start warns about sockets that never leave this machine
c.HistoryManager.hist_file = ":memory:"  # several kernels at once would wait for one another's file

# Figures are stored as text that two runs make byte by byte alike.
c.InlineBackend.figure_formats = {"svg"}
c.InlineBackend.rc = {"svg.hashsalt": "cognito_lab"}
c.InlineBackend.print_figure_kwargs = {"bbox_inches": "tight", "metadata": {"Date": None}}
