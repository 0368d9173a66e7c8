using PmOrleans.Silo.Hosting;

return await SiloCommandLine.RunAsync(args);
