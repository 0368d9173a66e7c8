// Answers are taken where the system reports them: on two cores, a hop to another thread costs more than what is done with an answer.
PmOrleans.Simulator.Load.SocketSettings.Apply();
return await PmOrleans.Simulator.Commands.SimulatorCommandLine.RunAsync(args);
