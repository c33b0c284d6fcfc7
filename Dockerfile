# The gateway's image. Needs BuildKit, as Docker has it since 23, or Podman. docs/deploy.md says how to run it.

FROM maven:3.9-eclipse-temurin-17 AS build
WORKDIR /build
COPY pom.xml ./
COPY proto proto
COPY conf conf
COPY docs/clients docs/clients
COPY src/main src/main
# Tests, format and the jars for the authors of services are CI's.
RUN --mount=type=cache,target=/m2 mvn -B -ntp -Dmaven.repo.local=/m2 package -Dmaven.test.skip -Dspotless.check.skip -Dmaven.source.skip -Dmaven.javadoc.skip

# Not Alpine: Netty's native transport is linked against glibc.
FROM eclipse-temurin:17-jre-noble
LABEL org.opencontainers.image.title="linkspan" \
      org.opencontainers.image.description="Reactive edge gateway on Vert.x" \
      org.opencontainers.image.licenses="Apache-2.0"
# A conf/linkspan.yaml that is mounted here is read.
WORKDIR /opt/linkspan
COPY LICENSE ./
COPY --from=build /build/target/linkspan.jar ./
# As a number, so that Kubernetes can see that it is not root.
USER 10001:10001
EXPOSE 8080 7777/udp 9090
ENTRYPOINT ["java", "-XX:+ExitOnOutOfMemoryError", "-jar", "/opt/linkspan/linkspan.jar"]
