package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.linkspan.ban.BanConfig;
import io.linkspan.cluster.ClusterConfig;
import io.linkspan.config.ConfigException;
import io.linkspan.framing.FramingConfig;
import io.linkspan.listener.AddressRange;
import io.linkspan.protocol.enet.Feature;
import io.linkspan.protocol.engineio.Generation;
import io.linkspan.routing.Route;
import io.linkspan.session.SessionConfig;
import io.linkspan.transport.enet.EnetTransportConfig;
import io.linkspan.transport.tcp.TcpConfig;
import io.linkspan.upstream.PipelineConfig;
import io.linkspan.upstream.UpstreamConfig;
import io.linkspan.upstream.http.HttpBackendFactory;
import io.linkspan.upstream.http.HttpUpstreamConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GatewayConfigTest {

  @TempDir Path folder;

  private GatewayConfig load(String yaml, Map<String, String> environment) throws Exception {
    return GatewayConfig.load(Files.writeString(folder.resolve("test.yaml"), yaml), environment);
  }

  private List<String> problems(String yaml, Map<String, String> environment) {
    return catchThrowableOfType(ConfigException.class, () -> load(yaml, environment)).problems();
  }

  @Test
  void theDefaultsAreThoseOfTheFile() {
    GatewayConfig config = GatewayConfig.defaults();
    assertThat(config.http().port()).isEqualTo(8080);
    assertThat(config.http().host()).isEqualTo("127.0.0.1");
    assertThat(config.websocket().heartbeat().readerIdle()).isEqualTo(Duration.ofSeconds(60));
    assertThat(config.websocket().heartbeat().writerIdle()).isEqualTo(Duration.ofSeconds(60));
    assertThat(config.websocket().maxMessageSize()).isEqualTo(1 << 20);
    assertThat(config.websocket().clientAcknowledges()).isTrue();
    assertThat(config.socketio().enabled()).isTrue();
    assertThat(config.socketio().path()).isEqualTo("/socket.io");
    assertThat(config.socketio().pingInterval()).isEqualTo(Duration.ofSeconds(25));
    assertThat(config.socketio().pingTimeout()).isEqualTo(Duration.ofSeconds(20));
    assertThat(config.socketio().connectTimeout()).isEqualTo(Duration.ofSeconds(45));
    assertThat(config.socketio().maxPayload()).isEqualTo(1_000_000);
    assertThat(config.socketio().namespaces()).containsExactly("/");
    assertThat(config.socketio().generations()).containsExactlyInAnyOrder(Generation.values());
    assertThat(config.socketio().jsonp()).isFalse();
    assertThat(config.socketio().clientAcknowledges()).isFalse();
    assertThat(config.socketio().connectEvent()).isFalse();
    assertThat(config.session().onExcess()).isEqualTo(SessionConfig.OnExcess.REPLACE);
    assertThat(config.limits().connectsPerUser()).isEqualTo(20);
    assertThat(config.routes()).hasSize(4);
    assertThat(config.routes().get(1).destination()).isEqualTo(new Route.Bus("echo", false));
    assertThat(config.drain().timeout()).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void bansAreOnlyCountedUnlessTheyAreOn() throws Exception {
    assertThat(GatewayConfig.defaults().bans().mode()).isEqualTo(BanConfig.Mode.DRY_RUN);
    assertThat(load("bans: {mode: on}", Map.of()).bans().mode()).isEqualTo(BanConfig.Mode.ON);
    assertThat(load("bans: {mode: off}", Map.of()).bans().mode()).isEqualTo(BanConfig.Mode.OFF);
    assertThat(load("", Map.of("LINKSPAN_BANS_MODE", "on")).bans().mode())
        .isEqualTo(BanConfig.Mode.ON);
  }

  @Test
  void addressesOfAllProxiesAreKnown() throws Exception {
    List<AddressRange> proxies =
        load(
                "http: {proxy: {trusted: [10.0.0.1], header: forwarded}}\n"
                    + "tcp: {enabled: true, proxy: {trusted: [10.0.1.0/24], protocol: true}}",
                Map.of())
            .proxies();
    assertThat(proxies)
        .containsExactly(AddressRange.parse("10.0.0.1"), AddressRange.parse("10.0.1.0/24"));
  }

  @Test
  void everyKeyIsReadAndCanBeSetFromTheEnvironment() throws IOException {
    JsonNode defaults = new YAMLMapper().readTree(Path.of("conf", "linkspan.yaml").toFile());
    List<String> unread = new ArrayList<>();
    collect(defaults, "", unread);
    assertThat(unread).isEmpty();
  }

  /** A key that is read does not take nonsense. */
  private static void collect(JsonNode section, String prefix, List<String> unread) {
    section
        .properties()
        .forEach(
            entry -> {
              String key = prefix + entry.getKey();
              if (entry.getValue().isObject()) {
                collect(entry.getValue(), key + ".", unread);
                return;
              }
              boolean anyText =
                  List.of(
                          "http.host",
                          "enet.host",
                          "tcp.host",
                          "management.apiKey",
                          "auth.jwt.key",
                          "auth.hook.bus",
                          "auth.hook.http.url",
                          "auth.hook.http.headers",
                          "auth.hook.http.secret",
                          "auth.hook.http.trust",
                          "auth.jwt.audience",
                          "auth.jwt.userClaim",
                          "http.origins",
                          "mailbox.hook.bus",
                          "mailbox.hook.http.url",
                          "mailbox.hook.http.headers",
                          "mailbox.hook.http.secret",
                          "mailbox.hook.http.trust",
                          "store.postgres.uri",
                          "store.postgres.password",
                          "upstream.http.secret",
                          "upstream.tcp.host",
                          "cluster.name")
                      .contains(key);
              String variable = "LINKSPAN_" + key.replace('.', '_').toUpperCase(Locale.ROOT);
              try {
                GatewayConfig.load(null, Map.of(variable, "\u0000 nonsense"));
                if (!anyText) {
                  unread.add(key);
                }
              } catch (ConfigException e) {
                if (e.problems().stream()
                        .noneMatch(problem -> problem.startsWith(variable + ": " + key))
                    && !key.equals("management.host")) {
                  unread.add(key + ": " + e.problems());
                }
              }
            });
  }

  @Test
  void aFileIsLaidOverTheDefaultsAndTheEnvironmentOverBoth() throws Exception {
    GatewayConfig config =
        load(
            """
            http: {port: 1000, host: 127.0.0.2}
            session:
              perUser: {max: 3}
            """,
            Map.of("LINKSPAN_HTTP_PORT", "2000", "LINKSPAN_HTTP_ORIGINS", "https://a, https://b"));
    assertThat(config.http().port()).isEqualTo(2000);
    assertThat(config.http().host()).isEqualTo("127.0.0.2");
    assertThat(config.http().origins()).containsExactly("https://a", "https://b");
    assertThat(config.session().maxPerUser()).isEqualTo(3);
    assertThat(config.session().maxPending()).isEqualTo(1000);
  }

  @Test
  void aClusterKeepsOneReplicaUnlessToldOtherwise() throws Exception {
    String cluster =
        "cluster: {enabled: true, host: 127.0.0.1, join: {members: [\"10.0.0.1:5701\", b]}}\n";
    GatewayConfig config = load(cluster, Map.of());
    assertThat(config.session().replicas()).isEqualTo(1);
    assertThat(config.cluster().join())
        .isEqualTo(new ClusterConfig.Members(List.of("10.0.0.1:5701", "b")));
    assertThat(load(cluster + "session: {replicas: 0}", Map.of()).session().replicas()).isZero();
    assertThat(GatewayConfig.defaults().session().replicas()).isZero();
  }

  @Test
  void anEmptyFileChangesNothing() throws Exception {
    assertThat(load("", Map.of()).http()).isEqualTo(GatewayConfig.defaults().http());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "http: {port: 70000}                     | http.port: 70000: expected a port, 0 to 65535",
        "http: {port: eighty}                    | http.port: \"eighty\": expected a port",
        "http: {hots: x}                         | http.hots: expected one of the keys host",
        "htpt: {}                                | htpt: expected one of the keys eventLoops",
        "http: 8080                              | http: expected keys and values",
        "http: {origins: x}                      | http.origins: \"x\": expected a list",
        "http: {tls: {cert: /does/not/exist}}    | http.tls.cert: \"/does/not/exist\": expected a file that can",
        "socketio: {path: socket.io}             | socketio.path: \"socket.io\": expected a path",
        "socketio: {path: /}                     | socketio.path: \"/\": expected a path",
        "socketio: {path: /ws/}                  | socketio.path: \"/ws/\": expected another path than",
        "socketio: {namespaces: [x]}             | socketio.namespaces: [\"x\"]: expected names that begin",
        "socketio: {namespaces: []}              | socketio.namespaces: []: expected names that begin",
        "socketio: {pingInterval: 60s}           | socketio.pingInterval: \"60s\": expected less than http.idle",
        "http: {tls: {cert: /does/not/exist}}    | http.tls.key: \"\": expected a file, as the other",
        "websocket: {path: /}                    | websocket.path: \"/\": expected a path",
        "websocket: {heartbeat: {interval: 25}}  | websocket.heartbeat.interval: 25: expected a duration",
        "websocket: {heartbeat: {interval: 60s}} | websocket.heartbeat.interval: \"60s\": expected less than websocket.heartbeat.timeout",
        "websocket: {maxMessageSize: 1MB}        | websocket.maxMessageSize: \"1MB\": expected a size",
        "websocket: {maxMessageSize: 5GiB}       | websocket.maxMessageSize: \"5GiB\": expected a size",
        "websocket: {compression: maybe}         | websocket.compression: \"maybe\": expected true or false",
        "websocket: {acknowledge: never}         | websocket.acknowledge: \"never\": expected one of",
        "management: {host: 0.0.0.0}             | management.apiKey: expected a key, as management.host is not a loopback address",
        "management: {apiKey: 0123456789abcde}   | management.apiKey: expected a key of at least 16 characters",
        "management: {hosts: [\"a:9090\"]}        | management.hosts: [\"a:9090\"]: expected names without a port",
        "management: {requestTimeout: 1ms}       | management.requestTimeout: \"1ms\": expected a duration",
        "http: {playground: maybe}               | http.playground: \"maybe\": expected one of by-host, false, true",
        "http: {proxy: {protocol: true}}         | http.proxy.trusted: []: expected the addresses of the proxies",
        "http: {proxy: {header: forwarded}}      | http.proxy.trusted: []: expected the addresses of the proxies",
        "http: {proxy: {header: via}}            | http.proxy.header: \"via\": expected one of forwarded, none, x-forwarded-for",
        "http: {proxy: {trusted: [ten]}}         | http.proxy.trusted: [\"ten\"]: expected addresses and ranges",
        "tcp: {proxy: {trusted: [10.0.0.1/8]}}   | tcp.proxy.trusted: [\"10.0.0.1/8\"]: expected addresses and ranges",
        "bans: {mode: some}                      | bans.mode: \"some\": expected one of",
        "bans: {base: 2h}                        | bans.base: \"2h\": expected no more than bans.max",
        "bans: {exempt: [ten]}                   | bans.exempt: [\"ten\"]: expected addresses and ranges",
        "bans: {connects: -1}                    | bans.connects: -1: expected a whole number",
        "tcp: {proxy: {header: forwarded}}       | tcp.proxy.header: expected one of the keys trusted, protocol",
        "http: {tls: {versions: [TLSv1.1]}}      | http.tls.versions: [\"TLSv1.1\"]: expected a list of TLSv1.2 and TLSv1.3",
        "tcp: {tls: {versions: []}}              | tcp.tls.versions: []: expected a list of TLSv1.2 and TLSv1.3",
        "http: {tls: {ciphers: [RC4]}}           | http.tls.ciphers: [\"RC4\"]: expected names of cipher suites",
        "management: {port: 8080}                | management.port: 8080: expected another port than http.port",
        "auth: {mode: ldap}                      | auth.mode: \"ldap\": expected one of",
        "auth: {mode: jwt}                       | auth.jwt.key: expected a key, unless jwks",
        "{auth: {cookie: c}, http: {origins: ['*']}} | auth.cookie: \"c\": expected no name while",
        "auth: {mode: hook}                      | auth.hook.bus: \"\": expected an event-bus address",
        "auth: {mode: jwt, jwt: {key: short}}    | auth.jwt.key: expected a shared secret of",
        "auth: {mode: jwt, jwt: {algorithm: RS256, key: nowhere.pem}} | auth.jwt.key: expected a public",
        "auth: {mode: jwt, jwt: {jwks: 'https://issuer/keys'}} | auth.jwt.algorithm: \"HS256\": expected",
        "session: {perUser: {onExcess: kill}}    | session.perUser.onExcess: \"kill\": expected one of",
        "limits: {messageRate: 5/m}              | limits.messageRate: \"5/m\": expected a rate",
        "limits: {inFlight: -1}                  | limits.inFlight: -1: expected a whole number",
        "delivery: {maxAttempts: 0}              | delivery.maxAttempts: 0: expected a whole number, 1 to",
        "revocation: {max: 5}                    | revocation.max: 5: expected a whole number, 100 to",
        "revocation: {keep: 10s}                 | revocation.keep: \"10s\": expected a duration",
        "session: {replicas: 2}                  | session.replicas: 2: expected one of",
        "session: {replicas: 1}                  | session.replicas: 1: expected auto or 0, as cluster.enabled is false",
        "cluster: {enabled: true}                | cluster.join: expected one of members, multicast and kubernetes.service to be set",
        "cluster: {join: {members: [a], multicast: true}} | expected one of members, multicast and kubernetes.service",
        "cluster: {join: {members: [\"a:b\"]}}     | cluster.join.members: [\"a:b\"]: expected a list of host or host:port",
        "cluster: {host: 0.0.0.0}                | cluster.host: \"0.0.0.0\": expected one address of this node",
        "cluster: {port: 5701, busPort: 5701}    | cluster.busPort: 5701: expected another port than cluster.port",
        "cluster: {port: 8080}                   | cluster.port: 8080: expected another port than http.port and management.port",
        "cluster: {busPort: 9090}                | cluster.busPort: 9090: expected another port than http.port",
        "cluster: {name: \"\"}                    | cluster.name: \"\": expected a name",
        "cluster: {heartbeat: {interval: 1500ms}} | cluster.heartbeat.interval: \"1500ms\": expected whole seconds",
        "cluster: {heartbeat: {timeout: 1s}}     | cluster.heartbeat.timeout: \"1s\": expected at least twice cluster.heartbeat.interval",
        "cluster: {enabled: true, join: {members: [a]}} | cluster.secret: expected a secret, as cluster.host is not a loopback address",
        "cluster: {enabled: true, host: 10.0.0.1, join: {members: [a]}} | cluster.secret: expected a secret, as cluster.host",
        "cluster: {secret: fifteen-letters}      | cluster.secret: expected a secret of at least 16 characters",
        "cluster: {secret: sixteen--letters, previousSecret: short} | cluster.previousSecret: expected a secret of at least 16 characters",
        "cluster: {previousSecret: sixteen--letters} | cluster.previousSecret: expected cluster.secret beside it",
        "cluster: {secret: sixteen--letters, tls: {cert: conf/linkspan.yaml}} | cluster.tls: expected cert, key and ca, or none of them",
        "cluster: {tls: {cert: pom.xml, key: pom.xml, ca: pom.xml}} | cluster.tls: expected cluster.secret beside it",
        "mailbox: {for: 5}                       | mailbox.for: 5: expected a duration",
        "mailbox: {max: 0}                       | mailbox.max: 0: expected a whole number, 1 to",
        "mailbox: {hook: {bus: b, http: {url: \"http://h\"}}} | mailbox.hook.bus: \"b\": expected no address while mailbox.hook.http.url is set",
        "store: {kind: redis}                    | store.kind: \"redis\": expected one of",
        "store: {kind: hazelcast}                | store.kind: \"hazelcast\": expected auto, memory or postgres, as cluster.enabled is false",
        "store: {kind: postgres}                 | store.postgres.uri: expected postgresql://",
        "store: {kind: postgres, postgres: {uri: \"http://db\"}} | store.postgres.uri: expected postgresql://",
        "routes: [{to: \"group:x\", mailbox: 1h}] | routes[0].mailbox: \"1h\": expected to be used with a user:",
        "routes: [{to: \"user:*\", mailbox: 1h, volatile: true}] | routes[0].mailbox: \"1h\": expected to be used with a user:",
        "routes: [{to: x, bus: b, mailbox: 1h}]  | routes[0].mailbox: \"1h\": expected to be used without bus only",
        "drain: {timeout: 0s}                    | drain.timeout: \"0s\": expected a duration",
        "routes: [user]                          | routes[0]: \"user\": expected a route",
        "routes: [{to: \"service:x\"}]           | routes[0].to: \"service:x\": expected user:, group: or session:",
        "routes: [{type: x}]                     | routes[0].to: nothing: expected user:, group: or session:",
        "routes: [{to: \"user:x\", type: method}] | routes[0].type: \"method\": expected to be used with bus or http only",
        "routes: [{to: x, htpp: y}]              | routes[0].htpp: expected one of the keys to, type, bus, ack",
        "routes: [{to: x, http: y}]              | routes[0].http: expected keys and values",
        "routes: [{to: x, http: {}}]             | routes[0].http.url: expected a URL such as http://",
        "routes: [{to: x, http: {url: legacy}}]  | routes[0].http.url: expected a URL such as http://",
        "routes: [{to: x, http: {url: \"http://u:p@h\"}}] | routes[0].http.url: expected a URL",
        "routes: [{to: x, http: {url: \"http://h\", timeuot: 1s}}] | routes[0].http.timeuot: expected one of the keys timeout, within, retries",
        "routes: [{to: x, http: {url: \"http://h\", timeout: 5}}] | routes[0].http.timeout: 5: expected a duration",
        "routes: [{to: x, http: {url: \"http://h\", hold: 5s}}] | routes[0].http.hold: expected one of the keys",
        "routes: [{to: x, http: {url: \"http://h\", breaker: {failures: 11}}}] | routes[0].http.breaker.failures: 11: expected a whole number, 1 to 10",
        "routes: [{to: x, http: {url: \"http://h\", breaker: {pause: 1m}}}] | routes[0].http.breaker.pause: \"1m\": expected no more than routes[0].http.breaker.maxPause",
        "routes: [{to: x, http: {url: \"http://h\", headers: [X]}}] | routes[0].http.headers: expected \"Name: value\"",
        "routes: [{to: x, http: {url: \"http://h\", headers: [\"x-linkspan-user: root\"]}}] | routes[0].http.headers: expected \"Name: value\", of a header that is not the gateway's own",
        "routes: [{to: x, http: {url: \"http://h\", trust: /no/file}}] | routes[0].http.trust: \"/no/file\": expected a file that can be read",
        "routes: [{to: x, http: {url: \"http://h\", ordered: false}, hold: {for: 5s}}] | routes[0].http.ordered: false: expected true, as routes[0].hold.for keeps the order",
        "routes: [{to: x, http: {url: \"http://h\"}, hold: {for: 5}}] | routes[0].hold.for: 5: expected a duration",
        "routes: [{to: x, http: {url: \"http://h\"}, hold: {for: 5s}, ack: accepted}] | routes[0].ack: \"accepted\": expected reply, as with hold",
        "routes: [{to: x, http: {url: \"http://h\"}, bus: b}] | routes[0].bus: \"b\": expected to be used without http only",
        "routes: [{to: x, http: {url: \"http://h\"}}, {to: x, http: {url: \"http://h\"}}] | routes[1]: expected to match something that routes[0] does not match",
        "routes: [{to: x, bus: b, hold: {for: 5s}}] | routes[0].hold: expected to be used with http or tcp only",
        "routes: [{to: x, tcp: {port: 1}}]       | routes[0].tcp.host: \"\": expected a name",
        "routes: [{to: x, tcp: {host: h, port: 0}}] | routes[0].tcp.port: 0: expected a whole number",
        "routes: [{to: x, tcp: {host: h, pause: 20s}}] | routes[0].tcp.pause: \"20s\": expected no more than routes[0].tcp.maxPause",
        "routes: [{to: x, tcp: {host: h, framing: {kind: csv}}}] | routes[0].tcp.framing.kind: \"csv\": expected one of",
        "routes: [{to: x, tcp: {host: h}, http: {url: \"http://h\"}}] | routes[0].tcp: expected to be used without http only",
        "upstream: {retry: never}                | upstream.retry: \"never\": expected one of",
        "upstream: {backoff: 3s}                 | upstream.backoff: \"3s\": expected no more than upstream.maxBackoff",
        "routes: [{to: \"\", bus: \"\"}]         | routes[0].bus: \"\": expected a name",
        "routes: [{to: \"\", bus: b, slow: latest}] | routes[0].slow: \"latest\": expected to be used without bus only",
        "routes: [{to: \"user:*\", slow: newest}] | routes[0].slow: \"newest\": expected one of cut, drop-oldest, latest, queue",
        "routes: [{to: \"user:*\", slow: cut, volatile: true}] | routes[0].slow: \"cut\": expected to be used without volatile only",
        "routes: [{to: \"user:*\", slow: cut, key: k}] | routes[0].key: \"k\": expected to be used with slow: latest only",
        "routes: [{to: \"user:*\", key: k}] | routes[0].key: \"k\": expected to be used with slow: latest only",
        "routes: [{to: \"\", bus: b, volatile: true}] | routes[0].volatile: true: expected to be used without bus only",
        "enet: {timeout: {minimum: 40s}}         | enet.timeout.minimum: \"40s\": expected no more than enet.timeout.maximum",
        "enet: {checksum: crc}                   | enet.checksum: \"crc\": expected one of",
        "tcp: {framing: {kind: lines}}           | tcp.framing.kind: \"lines\": expected one of",
        "tcp: {framing: {maxFrameSize: 1}}       | tcp.framing.maxFrameSize: 1: expected a size",
        "tcp: {framing: {initialBytesToStrip: 3}} | tcp.framing.initialBytesToStrip: 3: expected at least 4",
        "tcp: {framing: {initialBytesToStrip: 200, maxFrameSize: 128}} | tcp.framing.initialBytesToStrip: 200: expected less than tcp.framing.maxFrameSize",
        "tcp: {framing: {lengthFieldLength: 5}}  | tcp.framing.lengthFieldLength: 5: expected one of",
        "tcp: {framing: {lengthAdjustment: 1}}   | tcp.framing.lengthAdjustment: 1: expected at most 0",
        "tcp: {framing: {header: \"cafe\"}}      | tcp.framing.header: \"cafe\": expected 4 bytes in hexadecimal",
        "tcp: {framing: {header: \"no hex!\"}}   | tcp.framing.header: \"no hex!\": expected 4 bytes in hexadecimal",
        "tcp: {framing: {delimiter: \"\"}}        | tcp.framing.delimiter: \"\": expected 1 to 8 bytes",
        "tcp: {framing: {delimiter: \"é\"}}       | tcp.framing.delimiter: \"é\": expected 1 to 8 bytes",
        "tcp: {framing: {delimiter: \"END\"}}     | tcp.framing.delimiter: \"END\": expected to begin with",
        "tcp: {framing: {compression: zlib, maxInflated: 1KiB}} | tcp.framing.maxInflated: \"1KiB\": expected no less than tcp.framing.maxFrameSize",
        "tcp: {enabled: true, port: 8080}        | tcp.port: 8080: expected a port that nothing else",
        "tcp: {heartbeat: {interval: 60s}}       | tcp.heartbeat.interval: \"60s\": expected less than tcp.heartbeat.timeout",
        "tcp: {listeners: [{port: 1}]}           | tcp.listeners[0].name: \"\": expected a name",
        "tcp: {listeners: [{name: a, port: 1}, {name: a, port: 2}]} | tcp.listeners[1].name: \"a\": expected a name",
        "tcp: {listeners: [{name: a, port: 9090}]} | tcp.listeners[0].port: 9090: expected a port that nothing",
        "tcp: {listeners: [{name: a, framing: {kid: line}}]} | tcp.listeners[0].framing.kid: expected one of the keys kind",
        "tcp: {listeners: [lines]}               | tcp.listeners[0]: expected keys and values",
        "routes: [{to: \"\", bus: b, ack: never}] | routes[0].ack: \"never\": expected one of",
        "verticles: [no.such.Class]              | verticles[0]: \"no.such.Class\": expected a class on the class path",
        "verticles: [java.lang.String]           | verticles[0]: \"java.lang.String\": expected a class that is a Vert.x verticle",
        "'http: [unclosed'                       | not valid YAML",
        "'http: {port: 1, port: 2}'              | not valid YAML",
      })
  void everyProblemNamesItsKeyAndWhatIsExpected(String yaml, String problem) {
    assertThat(problems(yaml, Map.of())).anyMatch(text -> text.contains(problem), problem);
  }

  @Test
  void enetChecksumsAreRequiredWhereStrangersCanSend() throws Exception {
    assertThat(enet("{host: localhost}").checksum()).isEqualTo(Feature.DETECT);
    assertThat(enet("{host: localhost}").admitsForgedDatagrams()).isFalse();
    assertThat(enet("{host: 0.0.0.0}").checksum()).isEqualTo(Feature.ON);
    assertThat(enet("{host: 0.0.0.0}").admitsForgedDatagrams()).isFalse();
    assertThat(enet("{host: 0.0.0.0, checksum: auto}").checksum()).isEqualTo(Feature.DETECT);
    assertThat(enet("{host: 0.0.0.0, checksum: auto}").admitsForgedDatagrams()).isTrue();
    assertThat(enet("{checksum: required}").checksum()).isEqualTo(Feature.ON);
    assertThat(enet("{checksum: none}").checksum()).isEqualTo(Feature.OFF);
  }

  private EnetTransportConfig enet(String section) throws Exception {
    return load("enet: " + section, Map.of()).enet();
  }

  @Test
  void aFurtherTcpListenerSaysOnlyWhatIsDifferent() throws Exception {
    assertThat(GatewayConfig.defaults().tcp().listeners()).isEmpty();
    GatewayConfig config =
        load(
            """
            tcp:
              acknowledge: transport
              framing: {maxFrameSize: 2KiB, delimiter: '|\\x7F\\0'}
              listeners:
                - {name: lines, port: 7001, framing: {kind: line}}
                - {name: marks, port: 7002, framing: {kind: delimiter, header: 00c0ffee}}
            """,
            Map.of("LINKSPAN_TCP_HEARTBEAT_TIMEOUT", "90s"));
    assertThat(config.tcp().listeners()).hasSize(2);
    TcpConfig.Listener lines = config.tcp().listeners().get(0);
    assertThat(lines.label()).isEqualTo("tcp.lines");
    assertThat(lines.port()).isEqualTo(7001);
    assertThat(lines.clientAcknowledges()).isFalse();
    assertThat(lines.framing().kind()).isEqualTo(FramingConfig.Kind.LINE);
    assertThat(lines.framing().maxFrameSize()).isEqualTo(2048);
    assertThat(lines.heartbeat().readerIdle()).isEqualTo(Duration.ofSeconds(90));
    FramingConfig marks = config.tcp().listeners().get(1).framing();
    assertThat(marks.delimiter().getBytes()).containsExactly('|', 0x7F, 0);
    assertThat(marks.lengthField().header().getBytes()).containsExactly(0, 0xC0, 0xFF, 0xEE);
  }

  @Test
  void aRouteToAnHttpServiceSaysOnlyWhatIsDifferentThere() throws Exception {
    GatewayConfig config =
        load(
            """
            upstream: {retries: 4, breaker: {pause: 3s}, http: {headers: ["A: b", "a: c"]}}
            routes:
              - {to: "service:echo", bus: echo}
              - to: "service:orders"
                http: {url: "http://legacy:8080/orders", timeout: 2s, breaker: {failures: 3}}
                hold: {for: 10s}
            """,
            Map.of("LINKSPAN_UPSTREAM_HTTP_SECRET", "s3cret"));
    UpstreamConfig upstream = config.upstreams().get(0);
    assertThat(upstream.name()).isEqualTo("service:orders");
    PipelineConfig pipeline = upstream.pipeline();
    assertThat(pipeline.timeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(pipeline.retry().max()).isEqualTo(4);
    assertThat(pipeline.breaker())
        .isEqualTo(
            new PipelineConfig.Breaker(3, 10, Duration.ofSeconds(3), Duration.ofSeconds(30)));
    assertThat(pipeline.hold()).isEqualTo(new PipelineConfig.Hold(Duration.ofSeconds(10), 1000));
    assertThat(pipeline.ordered()).isTrue();
    HttpUpstreamConfig http = ((HttpBackendFactory) upstream.backend()).config();
    assertThat(http.url()).isEqualTo(URI.create("http://legacy:8080/orders"));
    assertThat(http.headers()).isEqualTo(Map.of("A", "b, c"));
    assertThat(http.secret()).isEqualTo("s3cret");
    assertThat(http.toString()).doesNotContain("s3cret");
    // Whatever happens to a Message there, the bus does not give it up before.
    assertThat(config.routes().get(1).destination())
        .isEqualTo(
            new Route.Bus(
                upstream.address(),
                upstream.name(),
                false,
                Duration.ofSeconds(30 + 10 + 2 + 1),
                Duration.ZERO));
  }

  @Test
  void aRouteThatKeepsStreamsNeedsATimeForThem() throws Exception {
    String route = "routes: [{to: \"service:story\", bus: story, keepStream: 10m}]\n";
    assertThat(problems(route, Map.of()))
        .singleElement()
        .asString()
        .contains("streams.for", "positive, as a route has keepStream");
    assertThat(load(route + "streams: {for: 1h}", Map.of()).routes().get(0).keepsStreams())
        .isTrue();
    for (String other :
        List.of("{to: \"user:*\", keepStream: 1m}", "{to: a, tcp: {host: h}, keepStream: 1m}")) {
      assertThat(problems("streams: {for: 1h}\nroutes: [" + other + "]", Map.of()))
          .as(other)
          .singleElement()
          .asString()
          .contains("bus or http only");
    }
  }

  @Test
  void allProblemsAreReportedAtOnce() {
    assertThat(
            problems(
                "htpt: {}\nhttp: {port: x}\nlimits: {waiting: y}",
                Map.of("LINKSPAN_HTP_PORT", "1", "LINKSPAN_DRAIN_BATCH", "all")))
        .hasSize(5);
  }

  @Test
  void everyProblemNamesItsLineOrItsVariable() {
    String file = folder.resolve("test.yaml").toString();
    assertThat(
            problems(
                """
                http:
                  port: 70000
                  tls:
                    cert: ""
                    key: /no/file
                htpt: 1
                limits: {
                  waiting: some,
                  inFlight: 1}
                session: {maxGroups: 1}
                routes:
                  - {to: "user:*"}
                  - to: "service:x"
                    http:
                      timeout: 1
                tcp:
                  listeners:
                    - {name: a, framing: {kind: line}}
                    - port: 0
                      name: b
                      framing:
                        kind: lines
                """,
                Map.of("LINKSPAN_SESSION_MAXGROUPS", "many", "LINKSPAN_DRAIN_BATCH", "all")))
        .extracting(problem -> problem.replaceFirst(": expected .*", ""))
        .containsExactlyInAnyOrder(
            file + ":2: http.port: 70000",
            file + ":4: http.tls.cert: \"\"",
            file + ":5: http.tls.key: \"/no/file\"",
            file + ":6: htpt",
            file + ":8: limits.waiting: \"some\"",
            // The line of the section, as the key itself is not set.
            file + ":14: routes[1].http.url",
            file + ":15: routes[1].http.timeout: 1",
            file + ":22: tcp.listeners[1].framing.kind: \"lines\"",
            "LINKSPAN_SESSION_MAXGROUPS: session.maxGroups: \"many\"",
            "LINKSPAN_DRAIN_BATCH: drain.batch: \"all\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "management: {apiKey: [hunter2]}",
        "management: {apiKey: {value: hunter2}}",
        "management: {apikey: hunter2}",
        "management: hunter2",
        "management: [hunter2]",
        "management: {apiKey: hunter2}",
        "routes: [{to: x, http: \"http://user:hunter2@host\"}]",
        "routes: [{to: x, http: {url: [\"http://user:hunter2@host\"]}}]",
        "upstream: {http: hunter2}",
        "verticles: hunter2",
        "verticles: [{class: x, config: [hunter2]}]",
        "managment: {apiKey: hunter2}",
        "managment: hunter2",
        "upstream: {http: {secret: [hunter2]}}",
        "upstream: {http: {headers: \"Authorization: hunter2\"}}",
        "upstream: {http: {headers: [\"Authorization: hunter2\", \"X\"]}}",
        "upstream: {http: {headers: [\"hunter2\"]}}",
        "upstream: {http: {url: \"http://user:hunter2@host\"}}",
        "routes: [{to: x, http: {url: \"http://user:hunter2@host\"}}]",
        "routes: [{to: x, http: {url: \"http://host\", secret: [hunter2]}}]",
        "routes: [{to: x, http: {url: \"http://host\", secert: hunter2}}]",
        "routes: [{to: x, secret: hunter2}]",
        "routes: [{to: x, bus: y, hold: {secret: hunter2}}]",
        "routes: [{to: x, bus: {secret: hunter2}}]",
        "verticles: [{clas: x, config: {password: hunter2}}]",
        "verticles: [{class: java.lang.String, config: hunter2}]",
        "verticles: [[{password: hunter2}]]",
        "http: {port: {password: hunter2}}",
        "management:\n  apiKey: hunter2: x",
        "management:\n  apiKey: \"hunter2",
        "management:\n  apiKey: @hunter2",
        "management: {apiKey: hunter2, apiKey: hunter2}",
        "routes: hunter2",
        "hunter2",
        "[hunter2]",
      })
  void noProblemShowsASecret(String yaml) {
    assertThat(problems(yaml, Map.of())).isNotEmpty().noneMatch(text -> text.contains("hunter2"));
  }

  @Test
  void noProblemShowsASecretOfTheEnvironment() {
    assertThat(
            problems(
                "",
                Map.of(
                    "LINKSPAN_MANAGEMENT_APIKEYS", "hunter2",
                    "LINKSPAN_UPSTREAM_HTTP_HEADERS", "hunter2",
                    "LINKSPAN_UPSTREAM_HTTP_URL", "hunter2://")))
        .hasSize(3)
        .noneMatch(text -> text.contains("hunter2"));
  }

  @Test
  void aFileThatIsNotThereIsAProblem() {
    ConfigException e =
        catchThrowableOfType(
            ConfigException.class,
            () -> GatewayConfig.load(folder.resolve("missing.yaml"), Map.of()));
    assertThat(e.problems()).hasSize(1);
    assertThat(e.getMessage()).contains("missing.yaml").contains("cannot be read");
  }

  @Test
  void anUnknownVariableIsAProblemUnlessKubernetesMadeIt() throws Exception {
    assertThat(problems("", Map.of("LINKSPAN_HTP_PORT", "1")))
        .singleElement()
        .asString()
        .contains("LINKSPAN_HTP_PORT");
    GatewayConfig config =
        load(
            "",
            Map.of(
                "LINKSPAN_SERVICE_HOST", "10.0.0.1",
                "LINKSPAN_SERVICE_PORT_HTTP", "8080",
                "LINKSPAN_ENET_PORT", "udp://10.0.0.1:7777",
                "LINKSPAN_PORT", "tcp://10.0.0.1:8080",
                "LINKSPAN_PORT_8080_TCP_ADDR", "10.0.0.1",
                "LINKSPAN_ENET_SERVICE_PORT", "7777"));
    assertThat(config.http().port()).isEqualTo(8080);
    assertThat(config.enet().port()).isEqualTo(7777);
  }
}
