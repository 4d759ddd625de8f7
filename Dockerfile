# An image that runs one sync and ends. docs/deployment.md shows how to run it.
#   docker build --tag tap-techwolf .
#   docker build --tag tap-techwolf --build-arg DBT=dbt-postgres .    with dbt and its models

FROM python:3.13.11-slim-bookworm@sha256:20080e807bfc404f8450b185cf0fc95d553462673598549613735f70a5b4d5d0 AS build
# What the state is stored in: s3, gcs or azure.
ARG STATE=s3
ARG LOADER=target-postgres
ARG DBT=
ENV PATH=/opt/meltano/bin:$PATH
RUN python -m venv --without-pip /opt/meltano
RUN pip --python /opt/meltano/bin/python install --no-cache-dir "meltano[$STATE]~=4.4.0"
WORKDIR /project
COPY meltano.yml pyproject.toml README.md LICENSE ./
COPY tap_techwolf tap_techwolf
COPY dbt dbt
COPY transform transform
ENV MELTANO_SEND_ANONYMOUS_USAGE_STATS=false UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1
RUN meltano install tap-techwolf "$LOADER" $DBT
RUN if [ -n "$DBT" ]; then meltano invoke "$DBT" deps; fi
# What the last stage does not need: uv, which Meltano installs with, and logs.
RUN rm -rf /opt/meltano/bin/uv /opt/meltano/bin/uvx .meltano/logs .meltano/run

FROM python:3.13.11-slim-bookworm@sha256:20080e807bfc404f8450b185cf0fc95d553462673598549613735f70a5b4d5d0
# With a home folder, as Meltano keeps its runs' logs there.
RUN useradd --create-home --uid 1000 meltano
COPY --from=build /opt/meltano /opt/meltano
COPY --from=build --chown=meltano /project /project
WORKDIR /project
USER 1000
ENV PATH=/opt/meltano/bin:$PATH \
    MELTANO_AUTO_INSTALL=false \
    MELTANO_SEND_ANONYMOUS_USAGE_STATS=false
ENTRYPOINT ["meltano", "--log-format=json"]
CMD ["run", "tap-techwolf", "target-postgres"]
