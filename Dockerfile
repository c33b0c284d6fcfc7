# The gateway's image. Needs BuildKit, as Docker has it since 23, or Podman. docs/deploy.md says how to run it, and how to pin
# both bases by their digests.
ARG BUILD_BASE=maven:3.9-eclipse-temurin-17
# Not Alpine: Netty's native transport is linked against glibc.
ARG BASE=eclipse-temurin:17-jre-noble

FROM ${BUILD_BASE} AS build
WORKDIR /build
COPY pom.xml ./
COPY proto proto
COPY conf conf
COPY docs/clients docs/clients
COPY src/main src/main
# Tests, format and the jars for the authors of services are CI's.
RUN --mount=type=cache,target=/m2 mvn -B -ntp -Dmaven.repo.local=/m2 package -Dmaven.test.skip -Dspotless.check.skip -Dmaven.source.skip -Dmaven.javadoc.skip
# The same time in each build, so that libraries that have not changed remain the same layer.
RUN find target/image -exec touch -d 2026-01-01T00:00:00Z {} +

FROM ${BASE}
# A conf/linkspan.yaml that is mounted here is read.
WORKDIR /opt/linkspan
COPY LICENSE ./
# From what changes rarely to what changes always: the libraries, the gateway, and the classes as the JVM lays them out in memory.
COPY --from=build /build/target/image/lib ./lib
COPY --from=build /build/target/image/linkspan-*.jar ./linkspan.jar
# With the path of the entry point: an archive is of use for the class path that it was made with only. Of a node of a cluster, which
# loads all that a node alone does, and Hazelcast. A JRE that cannot make an archive starts without it.
RUN LINKSPAN_CLUSTER_ENABLED=true LINKSPAN_CLUSTER_HOST=127.0.0.1 LINKSPAN_CLUSTER_JOIN_MEMBERS=127.0.0.1 \
    LINKSPAN_CLUSTER_SECRET=of-the-build-only \
    java -XX:ArchiveClassesAtExit=linkspan.jsa -jar /opt/linkspan/linkspan.jar > start.log 2>&1 & \
    until grep -q ' is ready, ' start.log; do kill -0 $! || { cat start.log; exit 1; }; sleep 0.1; done; \
    kill $! && wait $! && rm start.log
ARG BASE
ARG REVISION=unknown
LABEL org.opencontainers.image.title="linkspan" \
      org.opencontainers.image.description="Reactive edge gateway on Vert.x" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE}"
# Half of the container's memory is heap. A JAVA_TOOL_OPTIONS of the container replaces this one.
ENV JAVA_TOOL_OPTIONS="-XX:MaxRAMPercentage=50"
# As a number, so that Kubernetes can see that it is not root.
USER 10001:10001
EXPOSE 8080 7777/udp 9090
# Not readiness: a node that drains, or is short of memory for more clients, is healthy.
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s CMD ["bash", "-c", "exec 3<>\"/dev/tcp/127.0.0.1/${LINKSPAN_MANAGEMENT_PORT:-9090}\" && printf 'GET /health/live HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["java", "-XX:SharedArchiveFile=/opt/linkspan/linkspan.jsa", "-XX:+ExitOnOutOfMemoryError", "-jar", "/opt/linkspan/linkspan.jar"]
