// Runs the scenario that the command line names: node FILE SCENARIO ARGUMENTS…
export async function run(scenarios) {
  const [name, ...args] = process.argv.slice(2);
  const scenario = scenarios[name];
  if (!scenario) {
    throw new Error(`no scenario ${name}; there are ${Object.keys(scenarios).join(", ")}`);
  }
  await scenario(...args);
  console.log(`${name}: passed`);
  process.exit(0);
}
