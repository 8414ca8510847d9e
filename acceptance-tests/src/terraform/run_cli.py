"""Runs the Terraform that is linked into a shared library.

Called as `run_cli.py LIBRARY ARGUMENT...`. The library writes to the descriptors 1 and 2 and closes them: nothing of
Python's own clean-up may run afterwards.
"""

import ctypes
import os
import sys


def descriptor(number):
    """What the library wants for a standard stream: a handle on Windows, a descriptor elsewhere."""
    if sys.platform == "win32":
        import msvcrt

        return msvcrt.get_osfhandle(number)
    return number


def main():
    number = ctypes.c_longlong
    run = ctypes.CDLL(sys.argv[1]).RunCli
    run.argtypes = [number, ctypes.POINTER(ctypes.c_char_p), number, number]
    run.restype = number
    arguments = [os.fsencode(argument) for argument in sys.argv[2:]]
    vector = (ctypes.c_char_p * len(arguments))(*arguments)
    os._exit(run(len(arguments), vector, descriptor(1), descriptor(2)) & 0xFF)


main()
