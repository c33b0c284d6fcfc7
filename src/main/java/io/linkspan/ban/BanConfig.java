package io.linkspan.ban;

import io.linkspan.admission.Offence;
import io.linkspan.config.ConfigNode;
import io.linkspan.listener.AddressRange;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Settings of bans.
 *
 * @param window in which offences are counted
 * @param thresholds offences in a window, of each kind; one more begins a ban; 0: never
 * @param base time of the first ban
 * @param factor by which each further ban is longer
 * @param max longest time of a ban
 * @param forgive good behavior after a ban for which the next one is one level shorter
 * @param exempt networks that are never banned
 */
public record BanConfig(
    Mode mode,
    Duration window,
    Map<Offence, Integer> thresholds,
    Duration base,
    int factor,
    Duration max,
    Duration forgive,
    List<AddressRange> exempt) {

  /** The consequences of offences. */
  public enum Mode {
    /** Clients are banned. */
    ON("on"),
    /** Bans are counted and logged, and nobody is refused. */
    DRY_RUN("dry-run"),
    /** Nothing is counted. */
    OFF("off");

    private final String label;

    Mode(String label) {
      this.label = label;
    }

    /** Returns the name in the configuration and in metrics. */
    public String label() {
      return label;
    }
  }

  private static final int MAX_FACTOR = 100;

  /** In YAML the words on and off are true and false. */
  private static final Map<String, Mode> MODES =
      Map.of(
          "on",
          Mode.ON,
          "true",
          Mode.ON,
          "dry-run",
          Mode.DRY_RUN,
          "off",
          Mode.OFF,
          "false",
          Mode.OFF);

  public BanConfig {
    thresholds = Map.copyOf(thresholds);
    exempt = List.copyOf(exempt);
  }

  /** Reads the section {@code bans}. */
  public static BanConfig read(ConfigNode bans) {
    return new BanConfig(
        bans.choice("mode", MODES),
        bans.duration("window"),
        Map.of(
            Offence.CONNECT, bans.count("connects", 0),
            Offence.MALFORMED, bans.count("malformed", 0),
            Offence.FORBIDDEN, bans.count("forbidden", 0),
            Offence.UNAUTHENTICATED, bans.count("unauthenticated", 0)),
        bans.durationUpTo("base", "max"),
        bans.count("factor", 1, MAX_FACTOR),
        bans.duration("max"),
        bans.duration("forgive"),
        AddressRange.list(bans, "exempt"));
  }

  /** Returns the offences of a kind that a client may make in a window; 0 for any number. */
  int threshold(Offence offence) {
    return thresholds.getOrDefault(offence, 0);
  }
}
