"""Entry point of ``python3 -m service_build``, which the services' Makefiles run."""

from service_build.build import main

if __name__ == "__main__":
    main()
