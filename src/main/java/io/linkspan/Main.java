package io.linkspan;

import io.linkspan.bus.VertxProcess;
import io.linkspan.config.ConfigException;
import io.linkspan.config.Hosts;
import io.linkspan.memory.OutOfMemory;
import io.linkspan.transport.tcp.TcpConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;

/**
 * The command line. Exit codes: 0 after a drain or a clean check, 1 when the start failed, 2 for
 * wrong usage or configuration.
 */
@Command(
    name = "linkspan",
    mixinStandardHelpOptions = true,
    versionProvider = Main.VersionProvider.class,
    subcommands = StormCommand.class,
    description =
        "Carries messages between clients of many protocols and services on an event bus.",
    footer = {
      "",
      "First steps:",
      "  linkspan genconfig > my.yaml",
      "  linkspan gentoken --conf my.yaml --user alice --ttl 1h",
      "  linkspan run --conf my.yaml",
      "",
      "Without --conf, conf/linkspan.yaml is read if it exists, else the built-in defaults"
          + " apply.",
      "Environment variables override both: http.port is LINKSPAN_HTTP_PORT."
    })
public final class Main implements Callable<Integer> {

  static final class VersionProvider implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"linkspan " + Version.current()};
    }
  }

  private static final Path USUAL_FILE = Path.of("conf", "linkspan.yaml");
  private static final int START_FAILED = 1;

  /** Bytes of a token that is read from the input; longer ones are refused anyway. */
  private static final int MAX_INPUT = 1 << 20;

  private static final int WRONG_CONFIGURATION = 2;

  private static final String MANAGEMENT =
      "management port of a running node (default: that of the configuration)";

  @Option(
      names = "--conf",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "configuration file, which overrides the defaults")
  private Path conf;

  private Main() {}

  public static void main(String[] args) {
    VertxProcess.prepare();
    OutOfMemory.watchProcess();
    // Nodes start without arguments. The library that reads them would take a quarter of the time:
    // its classes have a format that no class data archive can hold.
    int exitCode = args.length == 0 ? start() : commandLine().execute(args);
    if (exitCode != 0) {
      System.exit(exitCode);
    }
  }

  /** Does what the command line does with {@code run}; returns the exit code. */
  private static int start() {
    try {
      return new Main().run();
    } catch (RuntimeException e) {
      LoggerFactory.getLogger(Main.class).error("the start failed", e);
      return START_FAILED;
    }
  }

  /** Returns the command line; every subcommand has {@code --help} and {@code --version}. */
  static CommandLine commandLine() {
    CommandLine main = new CommandLine(new Main());
    for (CommandLine command : main.getSubcommands().values()) {
      command.getCommandSpec().versionProvider(new VersionProvider());
    }
    return main;
  }

  @Override
  public Integer call() {
    return run();
  }

  @Command(
      name = "run",
      mixinStandardHelpOptions = true,
      description = "Start the gateway; the default.")
  Integer run() {
    GatewayConfig config;
    try {
      config = load();
    } catch (ConfigException e) {
      return tell(e);
    }
    Logger log = LoggerFactory.getLogger(Main.class);
    // Before the start, during which the JVM would end otherwise.
    var running = new AtomicReference<Gateway>();
    HangUpSignal.handle(() -> reload(running.get(), log));
    Gateway gateway;
    try {
      gateway = Gateway.start(config).toCompletionStage().toCompletableFuture().get();
    } catch (ExecutionException e) {
      log.error("the start failed: {}", e.getCause().getMessage());
      log.debug("the start failed", e.getCause());
      return START_FAILED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return START_FAILED;
    }
    Duration timeout = config.drain().timeout();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> drain(gateway, timeout, log), "drain"));
    running.set(gateway);
    warnOfOpenListeners(config, log);
    log.info("linkspan {} is ready, ports {}", Version.current(), gateway.ports().encode());
    return 0;
  }

  /** The gateway logs the outcome. */
  private static void reload(Gateway gateway, Logger log) {
    if (gateway == null) {
      log.warn("the gateway starts, and reads its configuration again only after that");
    } else {
      gateway.reload();
    }
  }

  private static void warnOfOpenListeners(GatewayConfig config, Logger log) {
    if (config.enet().enabled() && config.enet().admitsForgedDatagrams()) {
      warnOfForgedDatagrams(config.enet().host(), log);
    }
    if (config.auth().verifies()) {
      return;
    }
    warnUnlessLoopback("http.host", config.http().host(), log);
    if (config.enet().enabled()) {
      warnUnlessLoopback("enet.host", config.enet().host(), log);
    }
    for (TcpConfig.Listener listener : config.tcp().listeners()) {
      warnUnlessLoopback(listener.key() + ".host", listener.host(), log);
    }
  }

  private static void warnOfForgedDatagrams(String host, Logger log) {
    log.warn(
        "enet.checksum is not required and enet.host is {}: without checksums anybody can send"
            + " messages as a connected client, or end its connection, by trying 16384 forged"
            + " datagrams",
        host);
  }

  private static void warnUnlessLoopback(String key, String host, Logger log) {
    if (!Hosts.isLoopback(host)) {
      log.warn(
          "auth.mode is none and {} is {}: anybody who can reach it can be any user", key, host);
    }
  }

  @Command(
      name = "check-config",
      mixinStandardHelpOptions = true,
      description = "Check the configuration and exit.")
  Integer checkConfig() {
    try {
      load();
    } catch (ConfigException e) {
      return tell(e);
    }
    System.out.println("the configuration is valid");
    return 0;
  }

  @Command(
      name = "gentoken",
      mixinStandardHelpOptions = true,
      description = "Print a token, signed with auth.jwt.key.")
  Integer generateToken(
      @Option(names = "--user", required = true, paramLabel = "NAME", description = "its user")
          String user,
      @Option(
              names = "--ttl",
              paramLabel = "TIME",
              defaultValue = "1h",
              description = "how long it is valid: 30s, 15m, 1h or 7d (default: ${DEFAULT-VALUE})")
          String ttl,
      @Option(
              names = "--claim",
              paramLabel = "NAME=VALUE",
              description = "a further claim; a value with { or [ in front is JSON")
          Map<String, String> claims) {
    try {
      Map<String, String> further = claims == null ? Map.of() : claims;
      return TokenCommands.generate(load().auth(), user, ttl, further);
    } catch (ConfigException e) {
      return tell(e);
    }
  }

  @Command(
      name = "checktoken",
      mixinStandardHelpOptions = true,
      description = "Say whether a token is valid here, and why not.")
  Integer checkToken(
      @Parameters(paramLabel = "TOKEN", description = "the token; - reads it from the input")
          String token)
      throws IOException {
    try {
      return TokenCommands.check(load().auth(), text(token));
    } catch (ConfigException e) {
      return tell(e);
    }
  }

  @Command(
      name = "permissions",
      mixinStandardHelpOptions = true,
      description = "Say whether a client may do something here, and which rule decides.")
  Integer explainPermission(
      @Option(names = "--token", paramLabel = "TOKEN", description = "the client's token")
          String token,
      @Option(
              names = "--user",
              paramLabel = "NAME",
              description = "its user, without a token; without both, the client is anonymous")
          String user,
      @Option(
              names = "--type",
              paramLabel = "TYPE",
              defaultValue = "",
              description = "type of the message that it sends")
          String type,
      @ArgGroup(multiplicity = "1") PermissionTarget target)
      throws IOException {
    try {
      return TokenCommands.explain(
          load(), token == null ? null : text(token), user, target.action(), target.name(), type);
    } catch (ConfigException e) {
      return tell(e);
    }
  }

  private static String text(String token) throws IOException {
    return token.equals("-")
        ? new String(System.in.readNBytes(MAX_INPUT), StandardCharsets.UTF_8)
        : token;
  }

  @Command(
      name = "genconfig",
      mixinStandardHelpOptions = true,
      description = "Print a minimal configuration with comments and fresh secrets.")
  Integer generateConfiguration() {
    return TokenCommands.configuration();
  }

  @Command(
      name = "revoke",
      mixinStandardHelpOptions = true,
      description = "Refuse one token, or all older tokens of a user, and disconnect its clients.")
  Integer revoke(
      @ArgGroup(multiplicity = "1") RevocationOptions.Tokens tokens,
      @Option(
              names = "--issued-before",
              paramLabel = "TIME",
              description = "with --user: tokens that were issued before (default: now)")
          String before,
      @ArgGroup RevocationOptions.End end,
      @Option(names = "--reason", paramLabel = "TEXT", description = "for operators") String reason,
      @Option(names = "--url", paramLabel = "URL", description = MANAGEMENT) String url) {
    return callNode(
        url,
        node ->
            node.add(
                tokens.kind(),
                tokens.value(),
                RevocationOptions.End.duration(end),
                RevocationOptions.End.time(end),
                before,
                reason));
  }

  @Command(
      name = "block",
      mixinStandardHelpOptions = true,
      description = "Refuse a user or a network for some time, and disconnect its clients.")
  Integer block(
      @ArgGroup(multiplicity = "1") RevocationOptions.Blocked blocked,
      @ArgGroup(multiplicity = "1") RevocationOptions.End end,
      @Option(names = "--reason", paramLabel = "TEXT", description = "for operators") String reason,
      @Option(names = "--url", paramLabel = "URL", description = MANAGEMENT) String url) {
    return callNode(
        url,
        node ->
            node.add(
                blocked.kind(),
                blocked.value(),
                RevocationOptions.End.duration(end),
                RevocationOptions.End.time(end),
                null,
                reason));
  }

  @Command(
      name = "unblock",
      mixinStandardHelpOptions = true,
      description = "End a block, or any revocation by its id.")
  Integer unblock(
      @ArgGroup(multiplicity = "1") RevocationOptions.Entry entry,
      @Option(names = "--url", paramLabel = "URL", description = MANAGEMENT) String url) {
    return callNode(url, entry::removeBy);
  }

  @Command(
      name = "revocations",
      mixinStandardHelpOptions = true,
      description = "Print what is revoked and blocked, one a line.")
  Integer revocations(
      @Option(names = "--url", paramLabel = "URL", description = MANAGEMENT) String url) {
    return callNode(url, RevocationCommands::list);
  }

  @Command(
      name = "reload",
      mixinStandardHelpOptions = true,
      description = "Let a running node read its configuration again, as SIGHUP does.")
  Integer reload(
      @Option(names = "--url", paramLabel = "URL", description = MANAGEMENT) String url) {
    try {
      return ReloadCommand.run(load().management(), url);
    } catch (ConfigException e) {
      return tell(e);
    }
  }

  @Command(
      name = "rebalance",
      mixinStandardHelpOptions = true,
      description = "Ask clients of the fuller nodes to reconnect until all have equally many.")
  Integer rebalance(
      @ArgGroup LiveCommands.Rebalance what,
      @Option(names = "--url", paramLabel = "URL", description = MANAGEMENT) String url) {
    try {
      return new LiveCommands(load().management(), url)
          .rebalance(LiveCommands.Rebalance.methodOf(what));
    } catch (ConfigException e) {
      return tell(e);
    }
  }

  @Command(
      name = "trace",
      mixinStandardHelpOptions = true,
      description = "Print what a client sends and receives, on all nodes, until Ctrl-C.")
  Integer trace(
      @ArgGroup(multiplicity = "1") LiveCommands.Traced traced,
      @Option(names = "--jsonl", description = "one JSON object a line, with payloads")
          boolean jsonl,
      @Option(names = "--url", paramLabel = "URL", description = MANAGEMENT) String url) {
    try {
      return new LiveCommands(load().management(), url).trace(traced, jsonl);
    } catch (ConfigException e) {
      return tell(e);
    }
  }

  /** Runs a command that calls the management port of a running node. */
  private int callNode(String url, ToIntFunction<RevocationCommands> command) {
    try {
      return command.applyAsInt(new RevocationCommands(load().management(), url));
    } catch (ConfigException e) {
      return tell(e);
    }
  }

  private GatewayConfig load() throws ConfigException {
    Path file = conf != null ? conf : Files.exists(USUAL_FILE) ? USUAL_FILE : null;
    return GatewayConfig.load(file, System.getenv());
  }

  private static int tell(ConfigException e) {
    e.problems().forEach(System.err::println);
    return WRONG_CONFIGURATION;
  }

  private static void drain(Gateway gateway, Duration timeout, Logger log) {
    try {
      gateway
          .drain()
          .toCompletionStage()
          .toCompletableFuture()
          .get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      log.info("drained");
    } catch (ExecutionException e) {
      log.warn("drained with a failure: {}", e.getCause().getMessage());
    } catch (TimeoutException e) {
      log.warn("not drained within {}", timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // A JVM that ends by a signal exits with 143; a drain is a success.
    Runtime.getRuntime().halt(0);
  }
}
