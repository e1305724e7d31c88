# Maven with its repository in a cache.
FROM maven:3-openjdk-17 AS build
WORKDIR /src
COPY pom.xml .
COPY src src
RUN --mount=type=cache,target=/root/.m2/repository mvn --batch-mode --no-transfer-progress package

FROM maven:3-openjdk-17
COPY --from=build /src/target/java-app.jar /app/
COPY --from=build /src/target/lib /app/lib
USER 65532:65532
ENTRYPOINT ["java", "-jar", "/app/java-app.jar"]
