"""`make room`: one machine for everybody. JupyterHub, where people sign in against a user pool of the lab.

The command (`command.py`) sets up and becomes JupyterHub. In it `hub.py` joins two parts: who may come in
(`directory.py`, a user pool made from the class list, in a process of its own), and where each works
(`workplace.py`).
"""
