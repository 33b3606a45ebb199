"""tmp"""


def main(p):
    pass
