FROM python:3.11-slim

WORKDIR /app
RUN useradd --system --home-dir /app placecard
COPY requirements.txt ./
RUN python -m venv .venv && .venv/bin/python -m pip install --no-cache-dir --require-hashes -r requirements.txt
COPY services services
COPY shared shared
ENV PATH=/app/.venv/bin:$PATH HOST=0.0.0.0
USER placecard
EXPOSE 8000
