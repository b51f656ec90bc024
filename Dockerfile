# The wheel is built apart, so that nothing that builds is in what runs.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements-dev.txt ./
# hatchling at the version and hash that the tests use
RUN pip install --no-cache-dir --require-hashes -r requirements-dev.txt
COPY pyproject.toml README.md ./
COPY saraban saraban
COPY routers routers
COPY storage storage
COPY templates templates
RUN python -m build --wheel --no-isolation --outdir /wheel

FROM python:3.11-slim-bookworm
# Pango and HarfBuzz set the PDFs; Laksaman is the Thai face that Debian has.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-tlwg-laksaman-ttf \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --require-hashes -r /tmp/requirements.txt
COPY --from=build /wheel /tmp/wheel
RUN pip install --no-cache-dir --no-deps /tmp/wheel/*.whl && rm -r /tmp/wheel /tmp/requirements.txt

# A number, so that an orchestrator can see that it is not root; the volume takes the owner of this folder.
RUN mkdir /data && chown 10001:10001 /data
USER 10001:10001
VOLUME /data
ENV SARABAN_DATA=/data PYTHONUNBUFFERED=1
WORKDIR /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["saraban"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
