FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt .
RUN apt-get update && apt-get install -y --no-install-recommends libpq5=15* && pip install -r requirements.txt
COPY . .
EXPOSE 8000
CMD ["python", "main.py"]
