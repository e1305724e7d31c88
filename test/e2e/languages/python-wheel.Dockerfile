# A package that is compiled against a shared library, which the final stage has too.
FROM python:3.11 AS build
WORKDIR /src
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --no-compile --require-hashes --no-build-isolation --target /out -r requirements.txt

FROM python:3.11
COPY --from=build /out /usr/local/lib/python3.11/dist-packages
COPY app.py /app/
USER 65532:65532
ENTRYPOINT ["python", "/app/app.py"]
