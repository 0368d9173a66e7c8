// Answers are taken where the system reports them: on two cores, a hop to another thread costs more than what is done with an answer.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
return await PmOrleans.Simulator.Commands.SimulatorCommandLine.RunAsync(args);
