# The book in a container, from the lock.
#   docker build -t flarebook .
#   docker run --rm -v "$PWD/build:/flarebook/build" flarebook                      the book at its smallest size
#   docker run --rm -v "$PWD/build:/flarebook/build" flarebook book PROFILE=laptop  what else `make` offers
# On a machine without a GPU, give PyTorch's CPU index: docker build --build-arg PIP_EXTRA_INDEX_URL=...

FROM python:3.11-slim-bookworm AS base
RUN apt-get update && apt-get install --yes --no-install-recommends git make && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 1000 --shell /bin/bash reader && install --directory --owner=reader /flarebook
USER reader

FROM base
ARG PIP_EXTRA_INDEX_URL
WORKDIR /flarebook
# The environment alone, so that a changed notebook does not install five gigabytes anew.
COPY --chown=reader Makefile requirements.lock ./
COPY --chown=reader locks locks
RUN make .venv/.all
COPY --chown=reader . .
RUN make .venv/.all-project
ENTRYPOINT ["make"]
CMD ["book", "PROFILE=ci"]
