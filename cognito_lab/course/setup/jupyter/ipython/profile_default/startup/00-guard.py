# Test runs set COGNITO_LAB_GUARD: nothing in this kernel may reach the network. A kernel that could not be
# guarded must not run at all. IPython would go on after an error in a start-up file, so it ends here.
import os

if os.environ.get("COGNITO_LAB_GUARD") == "1":
    try:
        import cognito_lab.guard

        cognito_lab.guard.install()
        del cognito_lab
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(1)
del os
