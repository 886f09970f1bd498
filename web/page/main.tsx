import "@graphiql/react/setup-workers/vite";
import "graphiql/style.css";
import "./page.css";

import { createRoot } from "react-dom/client";

import { loadDemo } from "./demo.ts";
import { Page } from "./Page.tsx";

void loadDemo();
createRoot(document.getElementById("page") as HTMLElement).render(<Page />);
